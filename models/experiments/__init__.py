"""The paper's experiments as commands; people are simulated (`models.experts`) wherever FiveK's are not at hand."""
