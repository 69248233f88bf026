"""What people answered: under, well or over. Kept in a file of their own, exchanged as an archive, turned into a
reward.

Start in `store`. No learning in here: that is `autoexposure.personal`.
"""
