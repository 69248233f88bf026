"""A study with people: pairs of pictures, shown blind, and what the answers are worth (paper, 8.2.1 and Figure 13).

`pairs` makes and reads the folder of a study, `verdicts` keeps what people said, `statistics` and `result` do the
maths, `report` and `chart` show it. Nothing here shows a picture to a person: that is `gui.comparison.study_window`.
Start with `pairs`.
"""
