"""`make up`: prepares, starts, watches and stops the processes of one machine. Plain Python; knows
commands, ports and files, no app."""
