"""A bundled class of students, right and wrong in many ways, to try the grading on.

One folder per lesson holds one Markdown file per student: a title, a story, and under
`## <exercise>` what the student wrote. What a file does not mention is answered as in the
instructor's notebook; a heading without code leaves the cell as it was released, and the heading
`## everything else` stands for all exercises that are not named.
`expected.csv` says the points that each of them must get.
"""
