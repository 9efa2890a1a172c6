"""Amazon's own interfaces: values in, values out, and no database.

``lwa`` fetches tokens, ``ads`` and ``selling_partner`` ask for data with them. All three speak
through ``wire`` to the addresses of ``endpoints``; ``shapes`` reads what comes back, and ``faults``
turns what is not a success into one error of the ``AmazonError`` tree.
"""
