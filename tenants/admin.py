"""Companies, people and their access, for the platform's staff."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import scope, security, visits
from tenants.admin_site import (
    GivesAccess,
    LabelledChoices,
    PermissionFirst,
    ReadOnlyAdmin,
    TenantAdmin,
)
from tenants.admin_visits import VisitedAdmin
from tenants.invitations import revoke_what_is_not_his_to_give
from tenants.models import ApiToken, Company, Membership, SupportVisit, User
from tenants.security import Origin


def record(request: Any, company_id: int, kind: str, **data: Any) -> None:
    """Write in the security log of the company what staff did there."""
    with scope.company(company_id):
        security.record(kind, origin=Origin.ADMIN, actor=request.user, **data)


def record_access(request: Any, membership: Membership, *, removed: bool = False) -> None:
    """Write down what access somebody has now; what he may no longer give is taken back."""
    with scope.company(membership.company_id):
        revoke_what_is_not_his_to_give(membership, now=timezone.now(), removed=removed)
    role = _("sem acesso") if removed else membership.get_role_display()
    person = str(membership.user)
    record(request, membership.company_id, "membership_changed", person=person, role=str(role))


def record_new_password(request: Any, user: Any) -> None:
    for membership in Membership.objects.filter(user=user):
        record(request, membership.company_id, "password_set", person=str(user))


# Companies -------------------------------------------------------------------------------------


class MembershipRowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whose access it is does not change: remove it and make another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "user" in self.fields:
            self.fields["user"].disabled = True


class MembershipFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    @classmethod
    def get_default_prefix(cls) -> str:
        """The field has no reverse name, from which Django would make the prefix."""
        return "memberships"

    def add_fields(self, form: Any, index: int | None) -> None:
        """The heading of a column is no label for who does not see it."""
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = field.label


class MembershipInline(GivesAccess, LabelledChoices, admin.TabularInline):  # type: ignore[type-arg]
    """`company` is not on the form: Django sets it from the page's company."""

    model = Membership
    form = MembershipRowForm
    formset = MembershipFormSet
    fields = ["user", "role"]
    autocomplete_fields = ["user"]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


@admin.register(Company)
class CompanyAdmin(VisitedAdmin):
    """A company is not deleted: everything that happened in it would go."""

    list_display = ["name", "slug", "segment", "created_at"]
    list_filter = ["segment"]
    search_fields = ["name", "slug"]
    ordering = ["name", "id"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "segment", "timezone", "address"]}),
        (
            gettext_lazy("Mensagens"),
            {
                "fields": [
                    "message_hours_start",
                    "message_hours_end",
                    "pace_seconds",
                    "use_buttons",
                ]
            },
        ),
    ]
    inlines = [MembershipInline]

    @staticmethod
    def choice_label(company: Company) -> str:
        return f"{company.name} · {company.slug}"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        changed = [membership for membership, _fields in formset.changed_objects]
        for membership in [*formset.new_objects, *changed]:
            record_access(request, membership)
        for membership in formset.deleted_objects:
            record_access(request, membership, removed=True)


@admin.register(SupportVisit)
class SupportVisitAdmin(ReadOnlyAdmin):
    list_display = ["company", "user", "reason", "may_change", "started_at", "ended_at"]
    list_filter = ["may_change"]
    list_select_related = ["company", "user"]
    search_fields = ["company__name", "company__slug", "user__name", "user__email", "reason"]
    fields = [*("company", "user", "reason", "may_change", "started_at", "expires_at", "ended_at")]


# People ----------------------------------------------------------------------------------------


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name", "email"]


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"


PLATFORM_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class PersonAdmin(PermissionFirst, UserAdmin):  # type: ignore[type-arg]
    """A person is not deleted but made inactive: the logs name who did what.

    Only a superuser makes staff, or changes who is: else staff could rise by a colleague.  A new
    password or e-mail lets who sets it into the person's companies, and takes that permission.
    """

    form, add_form = UserForm, NewUserForm
    list_display = ["name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["name", "email"]
    ordering = ["name", "id"]
    readonly_fields = ["companies", "last_login", "date_joined"]
    fieldsets = (
        (None, {"fields": ("name", "email", "password", "is_active", "companies")}),
        (gettext_lazy("Equipe da plataforma"), {"fields": PLATFORM_FIELDS}),
        (gettext_lazy("Datas"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "email", "usable_password", "password1", "password2")}),
    )

    @staticmethod
    def choice_label(user: User) -> str:
        return f"{user.name} · {user.email}"

    @admin.display(description=gettext_lazy("Empresas"))
    def companies(self, user: User) -> str:
        rows = Membership.objects.filter(user=user).select_related("company")
        parts = [f"{row.company} ({row.get_role_display()})" for row in rows.order_by("id")]
        return ", ".join(parts) or "–"

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = () if request.user.is_superuser else PLATFORM_FIELDS
        login = () if obj is None or visits.may_enter(request) else ("email",)
        return (*super().get_readonly_fields(request, obj), *fixed, *login)

    def user_change_password(self, request: Any, id: str, form_url: str = "") -> Any:  # noqa: A002
        if not visits.may_enter(request):
            raise PermissionDenied
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == HTTPStatus.FOUND:
            record_new_password(request, self.get_object(request, unquote(id)))
        return answer

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is not None and obj.is_staff and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


admin.site.unregister(Group)


@admin.register(Group)
class PermissionGroupAdmin(PermissionFirst, GroupAdmin):
    """Only a superuser changes what a group may do: else staff could rise by its own group."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(Membership)
class MembershipAdmin(GivesAccess, TenantAdmin):
    list_display = ["company", "user", "email", "role", "created_at"]
    list_display_links = ["user"]
    list_filter = ["role"]
    list_select_related = ["company", "user"]
    search_fields = ["user__name", "user__email", "company__name", "company__slug"]
    ordering = ["company__name", "user__name", "id"]
    fields = ["company", "user", "role"]
    autocomplete_fields = ["company", "user"]

    @staticmethod
    def choice_label(membership: Membership) -> str:
        return f"{membership.company} · {membership} · {membership.user.email}"

    @admin.display(description=gettext_lazy("e-mail"), ordering="user__email")
    def email(self, membership: Membership) -> str:
        return membership.user.email

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = ("user",) if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.has_changed():
            record_access(request, obj)

    def delete_model(self, request: Any, obj: Any) -> None:
        record_access(request, obj, removed=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for membership in queryset.select_related("user"):
            record_access(request, membership, removed=True)
        super().delete_queryset(request, queryset)


@admin.register(ApiToken)
class ApiTokenAdmin(GivesAccess, TenantAdmin):
    """The text of a token is shown once, when it is made; only its digest is kept."""

    secret_fields: ClassVar[tuple[str, ...]] = ("digest",)
    list_display = ["name", "company", "membership", "created_at", "last_used_at"]
    list_select_related = ["company", "membership__user"]
    search_fields = ["name", "company__name", "membership__user__email"]
    ordering = ["company__name", "name", "id"]
    fields = ["company", "membership", "name", "created_at", "last_used_at"]
    readonly_fields = ["created_at", "last_used_at"]
    autocomplete_fields = ["company", "membership"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = ("membership",) if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        shown = super().get_fields(request, obj)
        return shown if obj is not None else [n for n in shown if n not in self.readonly_fields]

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        text = None if change else obj.issue()
        super().save_model(request, obj, form, change)
        if text:
            record(request, obj.company_id, "token_made", name=obj.name)
            sentence = _("Copie o token agora, ele não aparece de novo: %(token)s")
            messages.warning(request, sentence % {"token": text})

    def delete_model(self, request: Any, obj: Any) -> None:
        record(request, obj.company_id, "token_removed", name=obj.name)
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for token in queryset:
            record(request, token.company_id, "token_removed", name=token.name)
        super().delete_queryset(request, queryset)
