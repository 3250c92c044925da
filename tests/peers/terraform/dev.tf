# What examples/dev.yaml says, as people write it in Terraform, and a second pool; the variables are one change of each class.
variable "owner" { default = "a" }              # in place
variable "size" { default = "Standard_D4ds_v5" } # the default pool moves by way of a temporary one
variable "work_os" { default = "Linux" }        # the second pool is replaced
variable "work" { default = true }              # the second pool goes
variable "dns_prefix" { default = "dev" }       # the whole cluster is replaced

resource "azurerm_resource_group" "this" {
  name     = "rg-dev"
  location = var.location
}

resource "azurerm_kubernetes_cluster" "this" {
  name                = "aks-dev"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  dns_prefix          = var.dns_prefix
  sku_tier            = "Free"
  tags                = { owner = var.owner }

  default_node_pool {
    name                        = "system"
    node_count                  = 1
    vm_size                     = var.size
    temporary_name_for_rotation = "tmpsystem"
    upgrade_settings { max_surge = "10%" }
  }
  identity { type = "SystemAssigned" }
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    admin_group_object_ids = [var.admins]
  }
  node_provisioning_profile { mode = "Manual" }
  windows_profile {
    admin_username = "nodekeeper"
    admin_password = "Long-enough-4-Azure!"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "work" {
  count                 = var.work ? 1 : 0
  name                  = "work"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.this.id
  vm_size               = "Standard_D4ds_v5"
  node_count            = 1
  os_type               = var.work_os
  upgrade_settings { max_surge = "10%" }
}
