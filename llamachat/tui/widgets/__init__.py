"""The widgets of the screens. Each shows values it is given and posts messages; none talks to the fleet or the store."""
