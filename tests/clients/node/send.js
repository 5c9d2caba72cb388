// Sends the events of a scenario (JSON on standard input) with Amplitude's SDK for Node, unchanged,
// and prints what became of each as one line of JSON.
import { createInstance } from "@amplitude/analytics-node";
import { readFileSync } from "node:fs";

const { key, events, options, hurried } = JSON.parse(readFileSync(0, "utf8"));
if (hurried) {
  // The SDK stays as it is; only the clock of this process goes faster when it waits long.
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (then, ms, ...rest) => {
    if (ms < 10_000) return setTimeout(then, ms, ...rest);
    console.log(JSON.stringify({ waits: ms }));
    return setTimeout(then, ms / 100, ...rest);
  };
}
const client = createInstance();
await client.init(key, { flushIntervalMillis: 50, logLevel: 0, ...options }).promise;

const sent = events.map(({ event_type, event_properties, ...rest }) =>
  client.track(event_type, event_properties, rest).promise);
for (const { event, code, message } of await Promise.all(sent)) {
  console.log(JSON.stringify({ insert_id: event.insert_id, code, message }));
}
