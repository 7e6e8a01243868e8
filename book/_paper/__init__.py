"""The course on paper: one PDF, printed from the built site.

contents   which pages, in which order
printing   Chromium prints a page, and says where its headings are
front      the title page and the table of contents
binding    all pages in one file: numbers, bookmarks, links that stay inside
"""
