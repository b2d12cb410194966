"""The guest's documents: where they lie, whether they are good, what they become. Knows files only, no devices."""
