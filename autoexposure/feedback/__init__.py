"""What people answered: under, well or over. Kept in a file, exchanged as an archive, turned into a reward.

Start in `answer`, then `store`. No learning in here: that is `autoexposure.personal`.
"""
