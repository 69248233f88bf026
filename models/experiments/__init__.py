"""The paper's experiments as commands.

People are simulated (`models.data.simulated_experts`) wherever MIT-Adobe FiveK's are not at hand. Nothing else in the
program uses what is in here. Start in `run`.
"""
