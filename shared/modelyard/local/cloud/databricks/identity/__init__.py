"""Users and service principals (SCIM 2.0), as far as a pipeline asks for them."""
