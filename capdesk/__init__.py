"""capdesk: the truth, each week, about campaigns and the capital they consume."""

__version__ = "0.1.0"
