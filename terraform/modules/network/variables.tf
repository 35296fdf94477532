variable "name" {
  type        = string
  description = "Name of the VPC and prefix of what is in it."
}

variable "create_vpc" {
  type        = bool
  default     = false
  description = "Whether to make a VPC. If not, the account's default VPC and its public subnets are used."
}

variable "cidr" {
  type        = string
  default     = "10.0.0.0/16"
  description = "Address block of the VPC that is made."

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr)[1]), 99) <= 24
    error_message = "cidr must be an IPv4 block from /16 to /24, for example 10.0.0.0/16."
  }
}

variable "zone_count" {
  type        = number
  default     = 2
  description = "Availability zones of the VPC that is made, each with a public and a private subnet. A load balancer needs two."

  validation {
    condition     = var.zone_count >= 2 && var.zone_count <= 6 && floor(var.zone_count) == var.zone_count
    error_message = "zone_count must be a whole number from 2 to 6."
  }
}

variable "instance_type" {
  type        = string
  default     = null
  description = "Instance type of the nodes: zones that lack it are left out. null: all zones."
}

variable "nat_gateways" {
  type        = string
  default     = "none"
  description = "NAT gateways, through which private subnets reach the internet: none, single (one for all zones: cheaper), per_zone (survives the loss of a zone)."

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat_gateways)
    error_message = "nat_gateways must be none, single or per_zone."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything that is made."
}
