"""The report of a study: one HTML file that opens without a network.

`study` (the runs and what they are compared with), `words` (every sentence in English and Chinese), `sections`
(tables as HTML), `book` (the parameters behind the runs), `chart` (the interactive map), `page` (the file).
"""
