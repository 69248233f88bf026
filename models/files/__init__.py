"""Files that hold a network: model files, and the checkpoints of a training.

Nothing that trains or meters in here; reading a model file needs no torch. Start in `model_file`.
"""
