# An administrator makes both secrets by hand before the first apply; here they are only looked up, so that what
# is in them never comes near the state.
#
#   db_creds         {"db_username", "db_password", "db_host", "db_name", "jwt_secret", "jwt_secret_previous"}
#   registry_creds   {"username", "password"}   the password is an access token of Docker Hub that may only read

data "aws_secretsmanager_secret" "db_creds" {
  name = "${var.environment_name}/db_creds"
}

data "aws_secretsmanager_secret" "registry_creds" {
  name = "${var.environment_name}/registry_creds"
}
