"""From a source file to facts, with every row accounted for."""
