"""How long first syncs take: counted as they end, estimated by workers, told of those in flight.

``renewing`` loads a library that only workers and the demo's loader need: whoever counts imports
``counting`` alone.
"""
