#!/bin/sh
# Runs once, when the data folder is empty: a database and its owner for the server, and the same for intake and the tills' connector. None can
# reach another's, so a break-in at the internet-facing intake cannot touch stock. The processes make their own tables.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
  --set server_password="${STOCKAUTHORITY_SERVER_PASSWORD:?}" --set intake_password="${STOCKAUTHORITY_INTAKE_PASSWORD:?}" \
  --set pos_password="${STOCKAUTHORITY_POS_PASSWORD:?}" <<'SQL'
CREATE ROLE stockauthority_server LOGIN PASSWORD :'server_password';
CREATE ROLE stockauthority_intake LOGIN PASSWORD :'intake_password';
CREATE ROLE stockauthority_pos LOGIN PASSWORD :'pos_password';
CREATE DATABASE stockauthority OWNER stockauthority_server TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE stockauthority_intake OWNER stockauthority_intake TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE stockauthority_pos OWNER stockauthority_pos TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE stockauthority, stockauthority_intake, stockauthority_pos FROM PUBLIC;
SQL

# The same for outgoing webhooks, where they are wanted.
if [ -n "${STOCKAUTHORITY_WEBHOOK_PASSWORD:-}" ]; then
  psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set webhook_password="$STOCKAUTHORITY_WEBHOOK_PASSWORD" <<'SQL'
CREATE ROLE stockauthority_webhook LOGIN PASSWORD :'webhook_password';
CREATE DATABASE stockauthority_webhooks OWNER stockauthority_webhook TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE stockauthority_webhooks FROM PUBLIC;
SQL
fi
