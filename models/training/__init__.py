"""Training: the base model (`pretrain`), and a person's from their answers (`personalise`). Needs the extra ``learn``.

Start in `pretrain`.
"""
