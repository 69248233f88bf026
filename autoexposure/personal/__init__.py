"""A person's taste at work: the layer that learns while the camera runs, and the models trained from answers.

Start in `live_layer`, then `taste`; `model_store` keeps what was trained. The training itself is `models.training`.
"""
