"""The attention network: how it is trained (torch), kept as a file, and run (onnxruntime only).

No driver, no window and no command in here. Start in `network`; `runtime` is the one module that imports onnxruntime,
`meters` lets a network and a classical meter be measured alike.
"""
