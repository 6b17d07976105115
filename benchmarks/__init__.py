"""One module per figure of the design: `run(rows, runs)` gives the document that `./bienveille bench NAME` prints."""
