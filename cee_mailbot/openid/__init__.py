"""Signing in at an agency's own provider: OpenID Connect with PKCE and `private_key_jwt`."""
