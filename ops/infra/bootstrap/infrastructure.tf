# What `terraform apply` of one environment does. Names and tags hold it to that environment where AWS can tell
# by them; what is left (making networks, registering task definitions, descriptions) is held to the region.

locals {
  arn_prefix = { for service in ["application-autoscaling", "budgets", "cloudwatch", "ec2", "ecs", "elasticloadbalancing", "logs", "rds", "sns"] :
    service => "arn:${local.partition}:${service}:${service == "budgets" ? "" : var.region}:${local.account}"
  }

  # Reading alone: also what a pull request's plan needs.
  read_statements = { for environment, names in local.names : environment => [
    {
      Sid    = "LookAtWhatThereIs"
      Effect = "Allow"
      Action = [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeTags",
        "ec2:DescribeVpcs",
        "ecs:DescribeTaskDefinition",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeSSLPolicies",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "logs:DescribeLogGroups",
        "rds:DescribeDBEngineVersions",
        "sns:GetSubscriptionAttributes",
      ]
      Resource = "*"
    },
    {
      Sid    = "LookAtWhatIsNamed"
      Effect = "Allow"
      Action = [
        "application-autoscaling:ListTagsForResource",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:ListTagsForResource",
        "ec2:DescribeVpcAttribute",
        "ecs:DescribeClusters",
        "ecs:DescribeServices",
        "ecs:ListTagsForResource",
        "logs:ListTagsForResource",
        "rds:DescribeDBInstances",
        "rds:DescribeDBParameterGroups",
        "rds:DescribeDBParameters",
        "rds:DescribeDBSubnetGroups",
        "rds:ListTagsForResource",
      ]
      Resource = [for service in ["application-autoscaling", "cloudwatch", "ec2", "ecs", "logs", "rds"] : "${local.arn_prefix[service]}:*"]
    },
    {
      Sid    = "LookAtItsRoles"
      Effect = "Allow"
      Action = [
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:ListRoleTags",
      ]
      Resource = names.role_arns
    },
    {
      Sid      = "LookAtItsTopic"
      Effect   = "Allow"
      Action   = ["sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListSubscriptionsByTopic"]
      Resource = "${local.arn_prefix["sns"]}:${environment}-*"
    },
    {
      Sid      = "LookAtItsBudget"
      Effect   = "Allow"
      Action   = ["budgets:ViewBudget", "budgets:ListTagsForResource"]
      Resource = "${local.arn_prefix["budgets"]}:budget/${environment}-*"
    },
    {
      Sid      = "NameItsSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"]
      Resource = [names.db_creds_arn, names.registry_creds_arn]
    },
    {
      # The database is given its password by Terraform, which reads it while it plans and keeps it nowhere.
      Sid      = "ReadTheDatabasesPassword"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = names.db_creds_arn
    },
    {
      Sid       = "FindItsState"
      Effect    = "Allow"
      Action    = "s3:ListBucket"
      Resource  = local.state_bucket_arn
      Condition = { StringLike = { "s3:prefix" = ["${environment}/*", "env:/"] } }
    },
    {
      Sid      = "ReadItsState"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "${local.state_bucket_arn}/${environment}/*"
    },
  ] }
}

resource "aws_iam_role" "infra" {
  for_each = var.github_subjects

  name                 = "${each.key}-tickbox-infra"
  description          = "Applies the infrastructure of ${each.key}"
  assume_role_policy   = local.trust["${each.key}/infra"]
  max_session_duration = 3600
}

# By itself, since the policies inside one role have 10,240 characters together.
resource "aws_iam_policy" "read" {
  for_each = var.github_subjects

  name        = "${each.key}-tickbox-read"
  description = "What a plan of ${each.key} looks at"

  policy = jsonencode({ Version = "2012-10-17", Statement = local.read_statements[each.key] })
}

resource "aws_iam_role_policy_attachment" "infra_read" {
  for_each = aws_iam_role.infra

  role       = each.value.name
  policy_arn = aws_iam_policy.read[each.key].arn
}

resource "aws_iam_role_policy" "infra_state" {
  for_each = aws_iam_role.infra

  name = "state"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteItsState"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${local.state_bucket_arn}/${each.key}/*"
      },
      {
        # The lock is a file beside the state; the state itself is never removed.
        Sid      = "EndItsLock"
        Effect   = "Allow"
        Action   = "s3:DeleteObject"
        Resource = "${local.state_bucket_arn}/${each.key}/*.tflock"
      },
    ]
  })
}

resource "aws_iam_role_policy" "infra_network" {
  for_each = aws_iam_role.infra

  name = "network"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "MakeNetworks"
        Effect = "Allow"
        Action = [
          "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroupEgress",
          "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateInternetGateway", "ec2:CreateRoute", "ec2:CreateRouteTable",
          "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:DeleteTags",
          "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute",
          "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation", "ec2:RevokeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
          "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ]
        Resource = "${local.arn_prefix["ec2"]}:*"
      },
      {
        # Every resource has the tag by default_tags, so that one environment's role cannot take the other's away.
        Sid    = "TakeItsNetworkAway"
        Effect = "Allow"
        Action = [
          "ec2:DeleteInternetGateway", "ec2:DeleteRoute", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup",
          "ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DetachInternetGateway",
        ]
        Resource  = "${local.arn_prefix["ec2"]}:*"
        Condition = { StringEquals = { "aws:ResourceTag/environment" = each.key } }
      },
      {
        Sid    = "ItsBalancer"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddTags", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateRule", "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:ModifyRule",
          "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RemoveTags", "elasticloadbalancing:SetIpAddressType", "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets",
        ]
        Resource = [for path in ["listener-rule/*/${each.key}-*", "listener/*/${each.key}-*", "loadbalancer/app/${each.key}-*", "targetgroup/${each.key}-*"] :
          "${local.arn_prefix["elasticloadbalancing"]}:${path}"
        ]
      },
    ]
  })
}

resource "aws_iam_role_policy" "infra_application" {
  for_each = aws_iam_role.infra

  name = "application"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ItsDatabase"
        Effect = "Allow"
        Action = [
          "rds:AddTagsToResource", "rds:CreateDBInstance", "rds:CreateDBParameterGroup", "rds:CreateDBSnapshot",
          "rds:CreateDBSubnetGroup", "rds:DeleteDBInstance", "rds:DeleteDBParameterGroup", "rds:DeleteDBSubnetGroup",
          "rds:ModifyDBInstance", "rds:ModifyDBParameterGroup", "rds:ModifyDBSubnetGroup", "rds:RebootDBInstance",
          "rds:RemoveTagsFromResource", "rds:ResetDBParameterGroup",
        ]
        Resource = concat(
          [for kind in ["db", "pg", "snapshot", "subgrp"] : "${local.arn_prefix["rds"]}:${kind}:${each.key}-*"],
          ["${local.arn_prefix["rds"]}:og:default:*", "${local.arn_prefix["rds"]}:pg:default.*"],
        )
      },
      {
        Sid    = "ItsCluster"
        Effect = "Allow"
        Action = [
          "ecs:CreateCluster", "ecs:CreateService", "ecs:DeleteCluster", "ecs:DeleteService", "ecs:PutClusterCapacityProviders",
          "ecs:RegisterTaskDefinition",
          "ecs:TagResource", "ecs:UntagResource", "ecs:UpdateCluster", "ecs:UpdateService",
        ]
        Resource = [for path in ["cluster/${each.key}-tickbox", "service/${each.key}-tickbox/*", "task-definition/${each.key}-tickbox:*"] :
          "${local.names[each.key].ecs}:${path}"
        ]
      },
      {
        # A target's name is a number that AWS draws, so that nothing can be told by it.
        Sid      = "Scaling"
        Effect   = "Allow"
        Resource = "${local.arn_prefix["application-autoscaling"]}:scalable-target/*"
        Action = [
          "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction",
          "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:PutScalingPolicy",
          "application-autoscaling:PutScheduledAction", "application-autoscaling:RegisterScalableTarget",
          "application-autoscaling:TagResource", "application-autoscaling:UntagResource",
        ]
      },
      {
        # AWS names no resource for it. What has been deregistered runs on, and its text stays readable.
        Sid      = "RetireTaskDefinitions"
        Effect   = "Allow"
        Action   = "ecs:DeregisterTaskDefinition"
        Resource = "*"
      },
      {
        Sid    = "ItsLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:DeleteRetentionPolicy",
          "logs:DescribeMetricFilters", "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
        ]
        Resource = flatten([for group in ["/ecs/${each.key}-tickbox", "/aws/rds/instance/${each.key}-*"] :
          ["${local.arn_prefix["logs"]}:log-group:${group}", "${local.arn_prefix["logs"]}:log-group:${group}:*"]
        ])
      },
      {
        Sid    = "ItsAlarms"
        Effect = "Allow"
        Action = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        # The second kind belongs to target tracking, which makes its alarms with its caller's rights.
        Resource = [for name in ["${each.key}-*", "TargetTracking-service/${each.key}-tickbox/*"] : "${local.arn_prefix["cloudwatch"]}:alarm:${name}"]
      },
      {
        Sid    = "ItsTopic"
        Effect = "Allow"
        Action = [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
        ]
        Resource = "${local.arn_prefix["sns"]}:${each.key}-*"
      },
      {
        # AWS names no resource for these either.
        Sid      = "Subscriptions"
        Effect   = "Allow"
        Action   = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
        Resource = "*"
      },
      {
        Sid      = "ItsBudget"
        Effect   = "Allow"
        Action   = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
        Resource = "${local.arn_prefix["budgets"]}:budget/${each.key}-*"
      },
    ]
  })
}

# Whoever may make roles and write their policies could give all rights away, to itself too. So its roles have a
# boundary: whatever their policies say, they can do no more than this.
resource "aws_iam_policy" "boundary" {
  for_each = var.github_subjects

  name        = "${each.key}-tickbox-boundary"
  description = "The most that a role made by the pipeline of ${each.key} can do"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadTheTwoSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [local.names[each.key].db_creds_arn, local.names[each.key].registry_creds_arn]
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.names[each.key].log_group_arn}:log-stream:*"
      },
    ]
  })
}

resource "aws_iam_role_policy" "infra_roles" {
  for_each = aws_iam_role.infra

  name = "roles"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      merge(
        {
          Sid    = "MakeTheTwoRoles"
          Effect = "Allow"
          Action = [
            "iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
          ]
          Resource = local.names[each.key].role_arns
        },
        var.require_permissions_boundary ? {
          Condition = { ArnEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary[each.key].arn } }
        } : {},
      ),
      {
        Sid    = "KeepTheTwoRoles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = local.names[each.key].role_arns
      },
      {
        Sid       = "GiveThemToTasks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.names[each.key].role_arns
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        # AWS makes these roles, and their rights, itself when a service is first used in an account.
        Sid      = "RolesOfTheServicesThemselves"
        Effect   = "Allow"
        Action   = "iam:CreateServiceLinkedRole"
        Resource = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/*"
        Condition = { StringEquals = { "iam:AWSServiceName" = [
          "ecs.amazonaws.com",
          "ecs.application-autoscaling.amazonaws.com",
          "elasticloadbalancing.amazonaws.com",
          "rds.amazonaws.com",
        ] } }
      },
    ]
  })
}

# A plan shows reviewers what a pull request would change. It reads db_creds, as every plan does: whoever may push
# a branch to the repository could read the password by it, so give `plan` to staging at most.
resource "aws_iam_role" "plan" {
  for_each = { for environment, roles in var.github_subjects : environment => roles if length(roles.plan) > 0 }

  name                 = "${each.key}-tickbox-plan"
  description          = "Plans the infrastructure of ${each.key} for pull requests"
  assume_role_policy   = local.trust["${each.key}/plan"]
  max_session_duration = 3600
}

resource "aws_iam_role_policy_attachment" "plan_read" {
  for_each = aws_iam_role.plan

  role       = each.value.name
  policy_arn = aws_iam_policy.read[each.key].arn
}
