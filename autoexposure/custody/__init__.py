"""What is changed on a camera is written down first and put back afterwards; a camera is one program's at a time.

Start in `custody`; `journal` is what is on disk, `camera_lock` who has the camera.
"""
