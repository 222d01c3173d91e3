"""How good the models are: ranks and metrics, intervals by user, the report and its tables.

Knows no model and no data room: it is handed scores, ranks and integer labels.
"""
