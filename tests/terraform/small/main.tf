# What can be made in seconds, for tests of what goes wrong meanwhile: a network, a repository, a cluster with its node group.

provider "aws" {
  region = "us-east-1"
}

module "network" {
  source = "../modules/network"

  name       = "small"
  create_vpc = true
}

module "registry" {
  source = "../modules/registry"

  name = "small"
}

module "cluster" {
  source = "../modules/cluster"

  name       = "small"
  vpc_id     = module.network.vpc_id
  subnet_ids = module.network.node_subnet_ids
  min_size   = 1
  max_size   = 2
}
