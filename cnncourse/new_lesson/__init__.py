"""`cnncourse new LESSON`: the files of a new lesson, working, with an example to replace."""
