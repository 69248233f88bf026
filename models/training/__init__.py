"""Training: the base model (`pretrain`), and a person's model from their answers (`personal.personalise`).

Needs the extra ``learn``. No plots, and nothing of the paper's experiments in here. Start in `pretrain`.
"""
