output "public_ids" {
  description = "Ids of the public subnets."
  value       = aws_subnet.public[*].id
}

output "private_ids" {
  description = "Ids of the private subnets."
  value       = aws_subnet.private[*].id
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "db_subnet_gr_name" {
  description = "Name of the database subnet group."
  value       = aws_db_subnet_group.this.name
}
