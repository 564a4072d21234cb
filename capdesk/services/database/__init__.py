"""The embedded Postgres, sessions, migrations, fingerprint and seals."""
