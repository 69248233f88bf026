"""What exposure a picture is to have, where that is not what its meter asks for: dark at night, slow at dusk.

Nothing here touches a camera. Start reading at `goal`.
"""
