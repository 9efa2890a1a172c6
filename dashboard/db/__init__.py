"""What is stored: models, the engine, and the words that search finds accounts by."""
