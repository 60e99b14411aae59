"""Survey tables in, clean samples and deposits out."""
