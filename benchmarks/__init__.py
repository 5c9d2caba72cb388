"""What is measured, and the bed it is measured in. Nothing here is part of the product."""
