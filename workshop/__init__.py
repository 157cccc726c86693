"""The engine of the Async Workshop: its course, services, grading and commands."""
