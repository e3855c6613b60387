"""The screens: each puts widgets together and carries events between them, the fleet and the store."""
