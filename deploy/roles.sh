#!/bin/sh
# Make the roles and the database, once, before PostgreSQL listens; their passwords are those of the addresses.
set -eu

password_of() {
    sed -e 's|^[^:]*://[^:]*:||' -e 's|@.*$||' "/run/secrets/$1"
}

psql --set ON_ERROR_STOP=1 --set app="$(password_of database_url)" --set owner="$(password_of database_owner_url)" <<'SQL'
create role crm_owner login nosuperuser createdb nocreaterole bypassrls password :'owner';
create role crm_app login nosuperuser nocreatedb nocreaterole nobypassrls password :'app';
create role crm_ops nologin nosuperuser nocreatedb nocreaterole bypassrls;
create database crm owner crm_owner;
revoke all on database crm from public;
grant connect, temporary on database crm to crm_app;
SQL
