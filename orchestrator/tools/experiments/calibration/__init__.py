"""The estimators put to the test where the truth is known: no effect, or one that was put in.

`settings` draws tests from sales nobody treated, `trials` measures each twice, `figures` sets what came out beside what
was promised, `report` writes it down.
"""
