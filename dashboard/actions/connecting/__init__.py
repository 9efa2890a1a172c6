"""The connection flow's use cases: links made by staff, walked by customers, ended at Amazon.

``links`` is what staff do; ``walking`` and ``signing_up`` what customers do; ``attempts`` are their
trips to Amazon; ``judge`` says whether what came back may be used, and ``consents`` stores it.
Amazon itself is called by those who call these, never inside a transaction.
"""
