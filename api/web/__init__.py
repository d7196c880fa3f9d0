"""Pages that people see in a browser: templates, style sheets, words. Nothing comes from elsewhere."""
