"""Who gets in: agencies' programs by signed assertions and DPoP, people by OIDC or local accounts; what each may."""
