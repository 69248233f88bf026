"""The paper's experiments as commands.

People are simulated (`models.data.simulated_experts`) wherever FiveK's are not at hand.
"""
