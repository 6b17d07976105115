"""One text, many channels: texts, mailings, one delivery for each recipient and channel, what came of it."""
