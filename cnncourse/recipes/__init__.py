"""Arguments that are code: layers and networks that a graded answer gets to work on.

The grader names one in a `Recipe`, and it is built where the answer runs. So answers may see
everything in here, and nothing in here may give a right answer away.
"""
