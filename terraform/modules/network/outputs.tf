output "vpc_id" {
  value       = local.vpc_id
  description = "The VPC."
}

output "public_subnet_ids" {
  value       = var.create_vpc ? [for zone in local.zones : aws_subnet.public[zone].id] : sort(data.aws_subnets.default[0].ids)
  description = "Subnets with a route from and to the internet: for load balancers, and for nodes where there are no private ones."
}

output "private_subnet_ids" {
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
  description = "Subnets that nothing outside reaches. Empty in the default VPC."
}

# A node must reach ECS and ECR: without a NAT gateway only a public subnet lets it.
output "node_subnet_ids" {
  value = (var.create_vpc && var.nat_gateways != "none"
    ? [for zone in local.zones : aws_subnet.private[zone].id]
    : var.create_vpc ? [for zone in local.zones : aws_subnet.public[zone].id] : sort(data.aws_subnets.default[0].ids)
  )
  description = "Subnets for nodes: the private ones where a NAT gateway leads out of them, else the public ones."
  # Nodes that boot before their way out exists fail to join.
  depends_on = [aws_route.private, aws_route.public, aws_route_table_association.private, aws_route_table_association.public]
}
