"""Architecture search over clients that keep their images to themselves."""
