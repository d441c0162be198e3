output "address" {
  description = "Host name of the database, for db_host in db_creds."
  value       = aws_db_instance.this.address
}

output "identifier" {
  description = "Name of the instance, by which its metrics are found."
  value       = aws_db_instance.this.identifier
}
