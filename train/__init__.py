"""How the bundled guide model is made: corpus, training, export, evaluation. See README.md."""
