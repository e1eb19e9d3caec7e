"""Makes a Tryton database ready for StockAuthority, on a developer's machine and in tests: a company, a chart of accounts, this
year's and the next year's periods, and a product for each SKU. What is there already stays.

Usage: setup.py CONFIG DATABASE CURRENCY SKU...     (after trytond-admin has made the database)
"""
import datetime
import sys
from decimal import Decimal

from trytond.config import config

config.update_etc(sys.argv[1])

from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction  # noqa: E402

ACCOUNTS = [  # code, name, statement
    ('1010', 'Authorized, not captured (memo)', 'balance'),
    ('1200', 'Receivable from payment providers', 'balance'),
    ('1210', 'Receivable in dispute', 'balance'),
    ('1800', 'Bank', 'balance'),
    ('2010', 'Authorized, not captured (memo, contra)', 'balance'),
    ('4000', 'Sales', 'income'),
    ('4100', 'Refunds', 'income'),
    ('6300', 'Losses from disputes', 'income'),
]


def one(model, domain, **values):
    found = model.search(domain, limit=1)
    return found[0] if found else model.create([values])[0]


def make(database, code, skus):
    pool = Pool(database)
    pool.init()
    get = pool.get
    with Transaction().start(database, 1, context={}) as transaction:
        digits = {'JPY': 0, 'KWD': 3}.get(code, 2)
        currency = one(get('currency.currency'), [('code', '=', code)], name=code, code=code, symbol=code, digits=digits, rounding=Decimal(1).scaleb(-digits))
        company = one(get('company.company'), [], party=one(get('party.party'), [('name', '=', 'Demo shop')], name='Demo shop').id, currency=currency.id)
        user = get('res.user')(1)
        for admin in get('res.user').search([('login', '=', 'admin')]) or [user]:
            get('res.user').write([admin], {'companies': [('add', [company.id])], 'company': company.id})
        transaction.commit()
    with Transaction().start(database, 1, context={'company': company.id}) as transaction:
        for code, name, statement in ACCOUNTS:
            kind = one(get('account.account.type'), [('name', '=', statement), ('company', '=', company.id)],
                       name=statement, company=company.id, statement=statement, **({'assets': True} if statement == 'balance' else {'revenue': True}))
            one(get('account.account'), [('code', '=', code), ('company', '=', company.id)], code=code, name=name, company=company.id, type=kind.id)
        Fiscal, Sequence, Kind = get('account.fiscalyear'), get('ir.sequence'), get('ir.sequence.type')
        moves = Kind.search([('name', '=', 'Account Move')])[0]
        journals = Kind.search([('name', '=', 'Account Journal')])
        for year in (datetime.date.today().year - 1, datetime.date.today().year, datetime.date.today().year + 1):
            name = str(year)
            if Fiscal.search([('name', '=', name)]):
                continue
            sequence = Sequence.create([{'name': 'Moves ' + name, 'sequence_type': moves.id, 'company': company.id}])[0]
            fiscal = Fiscal.create([{'name': name, 'company': company.id, 'start_date': datetime.date(year, 1, 1), 'end_date': datetime.date(year, 12, 31),
                                     'post_move_sequence': sequence.id}])
            Fiscal.create_period(fiscal)
        Journal = get('account.journal')
        if not Journal.search([('code', '=', 'SA')]):
            values = {'name': 'StockAuthority', 'code': 'SA', 'type': 'general'}
            if 'sequence' in Journal._fields:
                values['sequence'] = Sequence.create([{'name': 'StockAuthority', 'sequence_type': journals[0].id, 'company': company.id}])[0].id
            Journal.create([values])
        unit = get('product.uom').search([('symbol', '=', 'u')])[0]
        Product, Template = get('product.product'), get('product.template')
        known = {product.code for product in Product.search([('code', 'in', skus)])}
        Template.create([{'name': sku, 'type': 'goods', 'default_uom': unit.id, 'list_price': Decimal(0), 'cost_price_method': 'fixed',
                          'products': [('create', [{'suffix_code': sku}])]} for sku in skus if sku not in known])
        transaction.commit()


Pool.start()
make(sys.argv[2], sys.argv[3], sys.argv[4:])
