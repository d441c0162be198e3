# GitHub signs a token for each job; AWS takes it instead of a stored key. AWS knows GitHub's certificate
# authority, so no thumbprint is needed.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  # Role by role who may take it. StringEquals: not even a mistake in a subject makes a pattern of it.
  trust = { for key, subjects in merge(
    { for environment, roles in var.github_subjects : "${environment}/infra" => roles.infra },
    { for environment, roles in var.github_subjects : "${environment}/deploy" => roles.deploy },
    { for environment, roles in var.github_subjects : "${environment}/plan" => roles.plan },
    ) : key => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
            "token.actions.githubusercontent.com:sub" = sort(subjects)
          }
        }
      }]
  }) }
}
